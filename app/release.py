"""The release phase: `python -m app.release` prepares this component's database.

It also runs when an old release comes back, on a database that a newer one has migrated:
it accepts that, or no rollback could ever succeed.
"""

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
