"""What of our environment the installer of packages gets, and the platform with it."""

import os
import re

_PASSED_ON = re.compile(
    r"^(PATH|HOME|LANG|LC_ALL|TMPDIR|XDG_CACHE_HOME|UV_.*|PIP_.*|SSL_CERT_\w+"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|all|no)_proxy)$",
    re.IGNORECASE,
)


def installer_variables() -> dict[str, str]:
    """What the installer may see of our environment: where and how to download."""
    kept = {name: text for name, text in os.environ.items() if _PASSED_ON.match(name)}
    return kept | {
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_EDITABLE": "1",  # a dyno runs in a copy, not where it was built
    }
