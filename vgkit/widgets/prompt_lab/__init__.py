"""The prompt lab's page: words, trials, grids, versions."""

from vgkit.widgets.prompt_lab.page import PromptLab, prompt_lab

__all__ = ["PromptLab", "prompt_lab"]
