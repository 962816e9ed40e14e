import pytest

KILLS = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=KILLS, help="How many times each kind of process is killed.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kill" in metafunc.fixturenames:
        # Without this folder on the command line the option is registered too late to be parsed.
        metafunc.parametrize("kill", range(metafunc.config.getoption("--kills", KILLS)))
