"""The pages of the errands shop. Paying is `pay` and `came_back`; the rest is any Django shop."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

import raseed
from raseed_shops.errands.models import Message, SystemCommission, Task
from raseed_shops.errands.payments import FEE

TaskForm = modelform_factory(Task, fields=["title", "description", "price"])
MessageForm = modelform_factory(Message, fields=["text"], labels={"text": "Your message"})


def task_list(request: HttpRequest) -> HttpResponse:
    mine = Q(poster=request.user.pk or 0) | Q(doer=request.user.pk or 0)
    tasks = Task.objects.select_related("poster", "doer").order_by("-pk")
    free = tasks.filter(status=Task.Status.OPEN).exclude(poster=request.user.pk)
    return render(request, "errands/list.html", {"mine": tasks.filter(mine), "free": free})


@login_required
def post_task(request: HttpRequest) -> HttpResponse:
    form = TaskForm(request.POST or None, instance=Task(poster=request.user))  # type: ignore[misc]
    if form.is_valid():
        return redirect(form.save())
    return render(request, "errands/new.html", {"form": form})


@login_required
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Become the doer, unless somebody was faster."""
    free = Task.objects.filter(pk=pk, status=Task.Status.OPEN).exclude(poster=request.user.pk)
    with transaction.atomic():
        if free.update(doer=request.user, status=Task.Status.ACCEPTED):
            SystemCommission.objects.create(task_id=pk, amount=FEE.amount)
        else:
            messages.error(request, "This errand is no longer free.")
    return redirect("errands:task", pk=pk)


def task_page(request: HttpRequest, pk: int, status: int = 200) -> HttpResponse:
    task = get_object_or_404(Task, pk=pk)
    fee_payment = raseed.latest_payment(task, purpose="system-fee")
    price_payment = raseed.latest_payment(task, purpose="task-price")
    context = {"task": task, "fee": FEE, "fee_payment": fee_payment, "price_payment": price_payment}
    context["form"] = MessageForm(request.POST or None)
    return render(request, "errands/task.html", context, status=status)


@login_required
@require_POST
def send_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a line to the chat; refused while it is locked, whatever the page showed."""
    task = get_object_or_404(Task, Q(poster=request.user) | Q(doer=request.user), pk=pk)
    form = MessageForm(request.POST, instance=Message(task=task, author=request.user))  # type: ignore[misc]
    if task.chat_unlocked and form.is_valid():
        form.save()
        return redirect(f"{task.get_absolute_url()}#chat")
    if not task.chat_unlocked:
        messages.error(request, "Not sent: the chat is locked until the system fee is paid.")
    return task_page(request, pk, status=400 if task.chat_unlocked else 403)


@login_required
@require_POST
def pay(request: HttpRequest, pk: int, purpose: str) -> HttpResponse:
    """Off to GCash. What may not be paid raseed refuses, and a middleware tells the customer why."""
    task = get_object_or_404(Task, pk=pk)
    checkout = raseed.start_payment(
        task,
        purpose=purpose,
        account="paymongo",
        method="gcash",
        user=request.user,
        return_url=f"{reverse('errands:success')}?task_id={pk}",
        cancel_url=f"{reverse('errands:failed')}?task_id={pk}",
        next=task.get_absolute_url(),
        description=f"{purpose.replace('-', ' ').capitalize()}: {task}",
    )
    return redirect(checkout.url or task)


def came_back(request: HttpRequest) -> HttpResponse:
    """Both addresses the browser returns to. Where it came back proves nothing; raseed asks PayMongo."""
    if "payment" in request.GET:
        return raseed.returned(request)
    number = ",".join(request.GET.getlist("task_id"))[:18]  # two numbers name no task
    task = get_object_or_404(Task, pk=number if number.isascii() and number.isdecimal() else 0)
    payment = raseed.latest_payment(task, purpose="system-fee")
    return raseed.returned(request, payment=payment) if payment else redirect(task)
