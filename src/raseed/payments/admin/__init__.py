"""Raseed in Django's admin: payments with their whole story, deliveries, refunds, postings.

Rows are never edited. What a person may do is an action: confirmed, with a reason, through the flows.
Tokens of accounts and answers kept in memory have no page: they are secrets.
"""

from django.contrib import admin

from raseed.payments.admin.cards import SavedCardAdmin
from raseed.payments.admin.deliveries import DeliveryAdmin
from raseed.payments.admin.disputes import DisputeAdmin
from raseed.payments.admin.ledger import PostingAdmin, RefundAdmin, WalletAdmin
from raseed.payments.admin.notices import NoticeAdmin
from raseed.payments.admin.overview import OverviewAdmin
from raseed.payments.admin.payments import PaymentAdmin
from raseed.payments.admin.rejected import RejectedDeliveryAdmin, RejectedMinuteAdmin
from raseed.payments.models import (
    Delivery,
    Dispute,
    Notice,
    Overview,
    Payment,
    Posting,
    Refund,
    RejectedDelivery,
    RejectedMinute,
    SavedCard,
    Wallet,
)

admin.site.register(Overview, OverviewAdmin)
admin.site.register(Payment, PaymentAdmin)
admin.site.register(Delivery, DeliveryAdmin)
admin.site.register(Refund, RefundAdmin)
admin.site.register(Dispute, DisputeAdmin)
admin.site.register(Posting, PostingAdmin)
admin.site.register(SavedCard, SavedCardAdmin)
admin.site.register(Wallet, WalletAdmin)
admin.site.register(Notice, NoticeAdmin)
admin.site.register(RejectedDelivery, RejectedDeliveryAdmin)
admin.site.register(RejectedMinute, RejectedMinuteAdmin)
