"""Plans written by a chat model, over OpenAI's interface or any that is compatible with it."""
