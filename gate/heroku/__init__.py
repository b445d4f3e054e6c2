"""The one way to talk to Heroku, or to a platform that answers like it."""

from gate.heroku.client import HerokuClient
from gate.heroku.errors import WriteUnconfirmed
from gate.heroku.patience import Patience

__all__ = ["HerokuClient", "Patience", "WriteUnconfirmed"]
