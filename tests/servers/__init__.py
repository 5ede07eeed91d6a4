"""The real servers that tests run against, each a class with `start` and `stop`; tests/conftest.py hands them out."""
