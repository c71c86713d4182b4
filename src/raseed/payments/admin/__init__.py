"""Raseed in Django's admin: payments with their whole story, deliveries, refunds, postings. Read-only.

Tokens of accounts and answers kept in memory have no page: they are secrets.
"""

from django.contrib import admin

from raseed.payments.admin.deliveries import DeliveryAdmin
from raseed.payments.admin.ledger import PostingAdmin, RefundAdmin
from raseed.payments.admin.payments import PaymentAdmin
from raseed.payments.admin.rejected import RejectedDeliveryAdmin, RejectedMinuteAdmin
from raseed.payments.models import (
    Delivery,
    Payment,
    Posting,
    Refund,
    RejectedDelivery,
    RejectedMinute,
)

admin.site.register(Payment, PaymentAdmin)
admin.site.register(Delivery, DeliveryAdmin)
admin.site.register(Refund, RefundAdmin)
admin.site.register(Posting, PostingAdmin)
admin.site.register(RejectedDelivery, RejectedDeliveryAdmin)
admin.site.register(RejectedMinute, RejectedMinuteAdmin)
