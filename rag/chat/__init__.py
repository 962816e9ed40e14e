"""Chat models: opened by configuration, streamed so that a reader who leaves stops them."""
