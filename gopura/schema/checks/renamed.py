"""Fields that live on under an old name."""

import logging
from typing import Any

from gopura.schema.checks.custom import CustomCheck

log = logging.getLogger(__name__)


class Renamed(CustomCheck):
    """Tells in the log who still uses old names: `Renamed(queue_size=(1, "queue.max_batch_size"))`.

    Each name comes with the value that it used to default to, which is not worth a word, and with the new name.
    """

    def __init__(self, **renamed: tuple[Any, str]) -> None:
        super().__init__(*renamed, check=self._tell)
        self.renamed = renamed

    def _tell(self, row: dict[str, Any]) -> None:
        for name, (old_default, new_name) in self.renamed.items():
            if row[name] not in (None, old_default):
                log.warning("the setting %s is deprecated, use %s", name, new_name)
