"""What staff can do about a payment: every action by its name, in the order in which pages offer them."""

from raseed.payments.admin.actions.action import Action
from raseed.payments.admin.actions.asking import CheckNow, Retry
from raseed.payments.admin.actions.deciding import Accept, Reject
from raseed.payments.admin.actions.disputing import EndDispute
from raseed.payments.admin.actions.holding import Capture, LetGo
from raseed.payments.admin.actions.refunding import SendBack
from raseed.payments.admin.actions.vouching import GiveBack, MarkPaid

_ALL = (
    CheckNow(),
    Retry(),
    Capture(),
    LetGo(),
    Accept(),
    Reject(),
    EndDispute(),
    SendBack(),
    GiveBack(),
    MarkPaid(),
)

ACTIONS: dict[str, Action] = {action.act.value: action for action in _ALL}

__all__ = ["ACTIONS", "Action"]
