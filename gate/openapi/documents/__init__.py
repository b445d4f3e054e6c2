"""OpenAPI documents: from text to operations, safely."""
