"""Checkpoints to the Hub: one repository, one folder a checkpoint, one commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.checkpoints.folder import read_card
from engine.checkpoints.hub_errors import translated_upload
from engine.checkpoints.time_limit import DEADLINE_S, within


def upload(
    found: Mapping[str, Path],
    repository: str,
    *,
    private: bool = False,
    revision: str | None = None,
    message: str = "Upload checkpoints",
) -> str:
    """Uploads checkpoint folders in one commit, so that nobody ever finds half of one.

    Files of an older version of the same checkpoints that are no longer there are removed; all else in the repository
    stays.

    Args:
        found: Folders by id, such as `closure` returns.
        repository: `owner/repo`; made where it is missing.
        private: Whether a repository that is made is private.
        revision: Branch to commit to, made where it is missing; by default the main one.
        message: Title of the commit.

    Returns:
        The commit's id, a revision to pin.

    Raises:
        OfflineError: If the Hub cannot be reached.
        GatedError: If there is no token, or it may not write there.
        OSError: If a file of a checkpoint cannot be read; nothing is uploaded then.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api, ours = HfApi(), _files(found)
    with translated_upload(repository):
        within(10 * DEADLINE_S, lambda: api.create_repo(repository, private=private, exist_ok=True))
        if revision is not None:
            api.create_branch(repository, branch=revision, exist_ok=True)
        there = set(api.list_repo_files(repository, revision=revision))
        stale = [path for path in there - set(ours) if path.rpartition("/")[0] in found]
        # The page of the repository lists all that it then has, uploaded now or before.
        index = index_card(repository, found, sorted(_ids(there) - set(found)))
        commit = api.create_commit(
            repository,
            [
                CommitOperationAdd("README.md", index.encode()),
                *(CommitOperationAdd(name, data) for name, data in ours.items()),
                *(CommitOperationDelete(path, is_folder=False) for path in sorted(stale)),
            ],
            commit_message=message,
            revision=revision,
        )
    return commit.oid


def index_card(repository: str, found: Mapping[str, Path], others: list[str]) -> str:
    """README.md of a repository: what it holds and how to load it."""
    cards = {name: read_card(folder) for name, folder in found.items()}
    tags = ["latent-explorer", *sorted({card.config["dataset"] for card in cards.values()})]
    rows = [f"| `{name}` | {card.config['title']} | {card.config['preset']} |" for name, card in cards.items()]
    rows += [f"| `{name}` | see [its card]({name}/README.md) | |" for name in others]
    return "\n".join(
        [
            "---",
            "license: mit",
            "library_name: latent-explorer",
            "tags:",
            *(f"- {tag}" for tag in tags),
            "---",
            "",
            f"# {repository.partition('/')[2]}",
            "",
            "Trained models to explore with Latent Explorer, each with its metrics, examples and card.",
            "",
            "| model | what it is | preset |",
            "|---|---|---|",
            *rows,
            "",
            "```python",
            "import engine",
            "",
            f'model = engine.load("{repository}/{next(iter(found))}")',
            "```",
            "",
        ]
    )


def _files(found: Mapping[str, Path]) -> dict[str, bytes]:
    """All files by their path in the repository."""
    paths = {f"{name}/{path.name}": path for name, folder in found.items() for path in sorted(folder.iterdir())}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _ids(files: set[str]) -> set[str]:
    return {path.removesuffix("/config.json") for path in files if path.endswith("/config.json")}
