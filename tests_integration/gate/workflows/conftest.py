"""The project and the stand-ins for actions are input, not tests."""

collect_ignore = ["project", "actions"]
