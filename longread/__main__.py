"""`python -m longread`: the command line."""

from longread.cli import main

if __name__ == "__main__":
    main()
