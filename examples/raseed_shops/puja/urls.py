"""Where the temple's shop is. The API's addresses are those a front end was promised."""

from django.urls import path
from rest_framework_simplejwt.views import TokenRefreshView

import raseed
from raseed_shops.puja import office, views
from raseed_shops.puja.api import bookings, carts, login, payments

app_name = "puja"
_check = payments.CheckBooking.as_view()
_login, _refresh = login.Login.as_view(), TokenRefreshView.as_view()

urlpatterns = [
    path("puja/", views.puja_list, name="list"),
    path("puja/<int:pk>/", views.puja_page, name="puja"),
    path("puja/cart/<int:pk>/", views.cart_page, name="cart"),
    path("puja/cart/<int:pk>/promo/", views.promo, name="promo"),
    path("puja/cart/<int:pk>/pay/", views.pay, name="pay"),
    path("puja/cart/<int:pk>/remove/", views.remove, name="remove"),
    path("puja/bookings/", views.booking_list, name="bookings"),
    path("puja/booking/<slug:book_id>/", views.booking_page, name="booking"),
    path("puja/booking/<slug:book_id>/again/", views.book_again, name="again"),
    path("puja/office/", office.office, name="office"),
    path("puja/office/refund/<int:pk>/", office.refund, name="refund"),
    path("api/auth/login/", _login, name="api-login"),
    path("api/auth/refresh/", _refresh, name="api-refresh"),
    path("api/token/", _login),
    path("api/token/refresh/", _refresh),
    path("api/puja/services/", carts.Pujas.as_view(), name="api-services"),
    path("api/cart/carts/", carts.Carts.as_view(), name="api-carts"),
    path("api/cart/carts/active/", carts.ActiveCart.as_view(), name="api-active-cart"),
    path("api/cart/carts/<slug:name>/", carts.OneCart.as_view(), name="api-cart"),
    path("api/cart/carts/<slug:name>/apply_promo/", carts.ApplyPromo.as_view(), name="api-promo"),
    path("api/payments/process-cart/", payments.ProcessCart.as_view(), name="process-cart"),
    path("api/payments/payments/<int:pk>/", payments.OnePayment.as_view(), name="api-payment"),
    path("api/payments/payments/<int:pk>/check-booking/", _check),
    path("api/payments/<int:pk>/check-booking/", _check, name="check-booking"),
    path("api/payments/webhook/phonepe/", raseed.webhook(account="phonepe"), name="webhook"),
    path("api/booking/bookings/", bookings.Bookings.as_view(), name="api-bookings"),
    path("api/booking/bookings/<slug:name>/", bookings.OneBooking.as_view(), name="api-booking"),
    path("api/booking/bookings/<slug:name>/reschedule/", bookings.Reschedule.as_view(), name="reschedule"),
]
