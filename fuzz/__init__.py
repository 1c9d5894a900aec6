"""Fuzzing: hostile inputs for everything that reads what strangers send.

`python -m fuzz NAME --runs N` gives a reader N inputs, damaged ones of those that are valid; with `--guided` they are
chosen by the branches that they reach (atheris, which is installed apart). `python -m fuzz all --runs N` does so for
every reader in turn; a new one is a line in :data:`fuzz.targets.TABLE`.
"""
