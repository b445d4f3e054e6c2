"""The release phase: `python -m app.release` prepares this component's database."""

import os

from app.orders import database


def main() -> None:
    """Migrate the database that the environment names; only orders has one."""
    if os.environ.get("COMPONENT", "orders") == "orders":
        engine = database.connect()
        database.upgrade(engine)
        print(f"The database is at revision {database.revisions(engine)[0]}.")


if __name__ == "__main__":
    main()
