"""Where the clinic is. The API's addresses are those a front end was promised."""

from django.urls import path, register_converter

from raseed_shops.clinic import api, desk, views


class Kind:
    """The two things that can be paid for."""

    regex = "bill|appointment"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Kind, "kind")
app_name = "clinic"
urlpatterns = [
    path("clinic/", views.bill_list, name="list"),
    path("clinic/desk/", desk.desk, name="desk"),
    path("clinic/receipt/<int:pk>/", views.receipt, name="receipt"),
    path("clinic/<kind:kind>/<int:pk>/", views.owed_page, name="owed"),
    path("clinic/<kind:kind>/<int:pk>/pay/", views.pay, name="pay"),
    path("clinic/<kind:kind>/<int:pk>/reopen/", desk.reopen, name="reopen"),
    path("clinic/<kind:kind>/<int:pk>/<slug:reference>/ask/", desk.ask, name="ask"),
    path("clinic/<kind:kind>/<int:pk>/<slug:reference>/refund/", desk.refund, name="desk-refund"),
    path("api/auth/token/", api.Login.as_view(), name="token"),
    path("api/bills/", api.Bills.as_view(), name="api-bills"),
    path("api/bills/<int:pk>/", api.OneBill.as_view(), name="api-bill"),
    path("api/payments/create-intent/", api.CreateIntent.as_view(), name="create-intent"),
    path("api/payments/verify/", api.Verify.as_view(), name="verify"),
    path("api/payments/refund/", api.RefundBill.as_view(), name="refund"),
]
