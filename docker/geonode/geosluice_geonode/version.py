VERSION = "0.1.0"

# The version of the registration document this app takes.
DOCUMENT_SCHEMA = 1
