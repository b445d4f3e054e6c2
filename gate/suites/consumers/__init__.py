"""Production's consumers, played on the candidate and on the baseline beside it.

Everything here runs in a child process of its own: Schemathesis draws the requests.
"""
