"""`python -m server` is `caudal`, for a source tree that is not installed."""

from server.cli import main

if __name__ == "__main__":
    main()
