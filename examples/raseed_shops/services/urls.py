"""Where the services shop is. The API's addresses are those a front end was promised."""

from django.urls import path

from raseed_shops.services import api, views, webhook

app_name = "services"
urlpatterns = [
    path("services/", views.dashboard, name="dashboard"),
    path("services/now/", views.now, name="now"),
    path("services/known/", views.known, name="known"),
    path("services/deposit/", views.deposit, name="deposit"),
    path("services/deposit/<int:pk>/", views.again, name="again"),
    path("services/pay/", views.pay, name="pay"),
    path("services/cards/<int:pk>/", views.card, name="card"),
    path("webhook/paymob/", webhook.paymob, name="webhook"),
    path("api/payments/deposit/", api.MakeDeposit.as_view(), name="api-deposit"),
    path("api/payments/transactions/<int:pk>/", api.OneTransaction.as_view(), name="api-transaction"),
    path("api/payments/methods/", api.SavedCards.as_view(), name="api-cards"),
    path("api/payments/methods/<int:pk>/", api.SavedCards.as_view(), name="api-card"),
    path("api/payments/balance/", api.MyBalance.as_view(), name="api-balance"),
    path("api/payments/technician/", api.PayTechnician.as_view(), name="api-pay"),
]
