"""Where the marketplace is. The addresses under /payments and /api are those a payments service knows."""

from django.urls import path

from raseed_shops.marketplace import finish, views, webhook

app_name = "marketplace"
urlpatterns = [
    path("marketplace/", views.job_list, name="list"),
    path("marketplace/jobs/new/", views.new_job, name="new"),
    path("marketplace/jobs/<int:pk>/", views.job_page, name="job"),
    path("marketplace/jobs/<int:pk>/offer/", views.offer, name="offer"),
    path("marketplace/offers/<int:pk>/accept/", views.accept, name="accept"),
    path("marketplace/offers/<int:pk>/pay/", views.pay, name="pay"),
    path("payments/<slug:pending_id>/status", webhook.status, name="status"),
    path("api/webhooks/payments", webhook.receive, name="webhook"),
    path("payments/finish", finish.finish, name="finish"),
    path("payments/finish/job", finish.to_job, name="to-job"),
]
