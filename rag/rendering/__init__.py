"""The page as HTML: turns, articles, chats and the frame around them, every text escaped. Gradio stays in ``ui.py``."""
