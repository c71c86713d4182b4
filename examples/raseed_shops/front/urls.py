"""The front page, the log-ins, and a page for machines that wait until we are up."""

from django.urls import path

from raseed_shops.front import views

app_name = "front"
urlpatterns = [
    path("", views.home, name="home"),
    path("notifications/", views.notifications, name="notifications"),
    path("outbox/", views.outbox, name="outbox"),
    path("health/", views.health, name="health"),
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
]
