"""The release phase: `python -m app.release` prepares the database of this component."""

import os

from app.orders import migrate


def main(component: str) -> None:
    """Migrate the database of *component*; only orders has one."""
    if component == "orders":
        migrate.main()
    else:
        print(f"{component}: nothing to do before this release")


if __name__ == "__main__":
    main(os.environ.get("COMPONENT", "orders"))
