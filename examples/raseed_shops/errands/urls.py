"""Where the errands shop is. The last three addresses are the ones PayMongo knows."""

from django.urls import path

import raseed
from raseed_shops.errands import views

app_name = "errands"
urlpatterns = [
    path("errands/", views.task_list, name="list"),
    path("errands/new/", views.post_task, name="new"),
    path("errands/<int:pk>/", views.task_page, name="task"),
    path("errands/<int:pk>/accept/", views.accept, name="accept"),
    path("errands/<int:pk>/messages/", views.send_message, name="message"),
    path("errands/<int:pk>/pay/system-fee/", views.pay, {"purpose": "system-fee"}, name="pay-fee"),
    path("errands/<int:pk>/pay/task-price/", views.pay, {"purpose": "task-price"}, name="pay-price"),
    path("payment/success/", views.came_back, name="success"),
    path("payment/failed/", views.came_back, name="failed"),
    path("webhook/paymongo/", raseed.webhook(account="paymongo"), name="webhook"),
]
