"""Overview: the payments as one page that says what needs a person. It has no table of its own."""

from __future__ import annotations

from raseed.payments.models.payment import Payment


class Overview(Payment):
    """Stands in the admin's index for the page of counts; whoever may view payments may view it."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "What needs me"
        verbose_name_plural = "What needs me"

    def __str__(self) -> str:
        return self.reference
