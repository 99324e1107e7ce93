"""The agent on the web: a FastAPI application that carries live voice between browsers, telephones and an agent."""
