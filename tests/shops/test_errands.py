"""The errands shop: the fee opens the chat once, the price never does, and refusals are told in words."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable
from raseed.payments import conf
from raseed_shops.errands.models import Notification, SystemCommission, Task


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def press_pay(task: Task, purpose: str = "system-fee") -> str:
    """The poster presses the button; where the browser is sent."""
    answer = logged_in(task.poster).post(f"/errands/{task.pk}/pay/{purpose}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def pay(task: Task, purpose: str = "system-fee") -> raseed.payments.models.Payment:
    """Pressed, paid at the gateway, delivered."""
    press_pay(task, purpose)
    payment = raseed.latest_payment(task, purpose=purpose)
    assert payment is not None
    testing.pay(payment)
    testing.deliver(payment)
    task.refresh_from_db()
    return payment


def say(task: Task, user: User, text: str) -> int:
    return logged_in(user).post(f"/errands/{task.pk}/messages/", {"text": text}).status_code


def test_the_fee_opens_the_chat_and_tells_the_poster_once(task: Task) -> None:
    payment = pay(task)
    for _ in range(5):
        testing.deliver(payment)
    payment.refresh_from_db()

    commission = SystemCommission.objects.get(task=task)
    assert (commission.status, commission.paid_at) == ("paid", payment.paid_at)
    assert task.chat_unlocked
    [notification] = Notification.objects.filter(task=task)
    assert notification.user == task.poster
    assert notification.type == "payment_confirmed"
    assert notification.title == "₱2 System Fee Paid! 💳"
    assert notification.message == 'Chat unlocked for "Pick up a parcel"'


def test_messages_go_through_only_after_the_fee(task: Task) -> None:
    assert say(task, task.poster, "too early") == 403
    assert say(task, task.doer, "me too") == 403
    pay(task)
    assert say(task, task.doer, "on my way") == 302
    assert [line.text for line in task.messages.all()] == ["on my way"]


def test_a_stranger_does_not_talk_in_an_open_chat(task: Task, people: dict[str, User]) -> None:
    pay(task)
    assert say(task, people["carla"], "hello?") == 404
    assert not task.messages.exists()


def test_the_price_never_opens_the_chat(task: Task) -> None:
    pay(task, "task-price")
    assert task.status == Task.Status.PAID
    assert not task.chat_unlocked
    assert SystemCommission.objects.get(task=task).status == "due"
    assert [n.type for n in Notification.objects.filter(task=task)] == ["doer_paid"]


def test_fee_and_an_equal_price_in_flight_together_do_not_mix(people: dict[str, User]) -> None:
    task = Task.objects.get(title="Hold my place in the line")
    fee_page, price_page = press_pay(task), press_pay(task, "task-price")
    assert fee_page != price_page
    price = raseed.latest_payment(task, purpose="task-price")
    assert price is not None
    testing.pay(price)
    testing.deliver(price)
    task.refresh_from_db()
    assert (task.status, task.chat_unlocked) == (Task.Status.PAID, False)
    pay(task)
    assert (task.status, task.chat_unlocked) == (Task.Status.PAID, True)


def test_coming_back_confirms_without_a_webhook(task: Task) -> None:
    press_pay(task)
    payment = raseed.latest_payment(task, purpose="system-fee")
    assert payment is not None
    testing.pay(payment)
    answer = logged_in(task.poster).get(f"/payment/success/?task_id={task.pk}")
    assert (answer.status_code, answer["Location"]) == (303, payment.status_url())
    task.refresh_from_db()
    assert task.chat_unlocked


def test_the_success_address_alone_proves_nothing(task: Task) -> None:
    press_pay(task)
    logged_in(task.poster).get(f"/payment/success/?task_id={task.pk}")
    task.refresh_from_db()
    assert not task.chat_unlocked


@pytest.mark.parametrize(
    "query",
    [
        "",
        *(f"task_id={x}" for x in ("", "abc", "0", "999999", "9" * 500, "%00", "-1")),
        "{own}&{own}",
        "{odd}",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("outcome", ["success", "failed"])
def test_a_crooked_task_id_is_not_found(task: Task, outcome: str, query: str) -> None:
    arabic = "".join(chr(0x0660 + int(digit)) for digit in str(task.pk))
    asked = query.format(own=f"task_id={task.pk}", odd=f"task_id={arabic}")
    assert Client().get(f"/payment/{outcome}/?{asked}").status_code == 404
    assert Client().get(f"/payment/{outcome}/?task_id={task.pk}").status_code == 302


def test_a_full_refund_locks_the_chat_and_it_can_be_paid_again(task: Task) -> None:
    payment = pay(task)
    testing.refund_at_gateway(payment)
    testing.deliver(payment)
    task.refresh_from_db()
    commission = SystemCommission.objects.get(task=task)
    assert (task.chat_unlocked, commission.status) == (False, "refunded")
    assert say(task, task.poster, "still there?") == 403
    page = logged_in(task.poster).get(f"/errands/{task.pk}/").content.decode()
    assert "refunded in full" in page
    assert "Pay ₱2.00 with GCash" in page

    pay(task)
    commission.refresh_from_db()
    assert (task.chat_unlocked, commission.status) == (True, "paid")


def test_a_partial_refund_leaves_the_chat_open(task: Task) -> None:
    payment = pay(task)
    testing.refund_at_gateway(payment, raseed.Money(50, "PHP"))
    testing.deliver(payment)
    task.refresh_from_db()
    assert task.chat_unlocked
    assert SystemCommission.objects.get(task=task).status == "paid"


def test_a_refunded_price_leaves_the_chat_alone(task: Task) -> None:
    pay(task)
    price = pay(task, "task-price")
    testing.refund_at_gateway(price)
    testing.deliver(price)
    task.refresh_from_db()
    assert (task.status, task.chat_unlocked) == (Task.Status.ACCEPTED, True)


def test_only_the_poster_pays(task: Task, people: dict[str, User]) -> None:
    for name in ("ben", "carla"):
        answer = logged_in(people[name]).post(f"/errands/{task.pk}/pay/system-fee/")
        assert answer.status_code == 403
        assert "You cannot pay for this" in answer.content.decode()
    assert raseed.latest_payment(task, purpose="system-fee") is None


def test_paying_twice_is_told_in_words(task: Task) -> None:
    pay(task)
    answer = logged_in(task.poster).post(f"/errands/{task.pk}/pay/system-fee/")
    assert answer.status_code == 409
    assert "already paid" in answer.content.decode()


def test_too_small_a_price_is_told_in_words(task: Task) -> None:
    conf.current().gateway("paymongo").capabilities.minimum[("", "PHP")] = 2000  # type: ignore[index]
    try:
        answer = logged_in(task.poster).post(f"/errands/{task.pk}/pay/system-fee/")
    finally:
        conf.current().gateway("paymongo").capabilities.minimum[("", "PHP")] = 100  # type: ignore[index]
    assert answer.status_code == 409
    assert "too small" in answer.content.decode()


def test_a_silent_gateway_is_told_in_words_and_can_be_tried_again(task: Task) -> None:
    gateway = conf.current().gateway("paymongo")
    gateway.trouble["open"] = [GatewayUnavailable("no answer")]  # type: ignore[attr-defined]
    client = logged_in(task.poster)
    answer = client.post(
        f"/errands/{task.pk}/pay/system-fee/", headers={"referer": f"http://testserver/errands/{task.pk}/"}
    )
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "does not answer" in page
    assert f'href="/errands/{task.pk}/"' in page
    assert client.get(f"/errands/{task.pk}/").status_code == 200
    press_pay(task)


def test_a_tasks_way_from_posting_to_the_open_chat(people: dict[str, User]) -> None:
    ana, ben = logged_in(people["ana"]), logged_in(people["ben"])
    answer = ana.post("/errands/new/", {"title": "Walk the dog", "description": "", "price": "120.50"})
    task = Task.objects.get(title="Walk the dog")
    assert answer["Location"] == task.get_absolute_url()
    assert ana.post(f"/errands/{task.pk}/pay/system-fee/").status_code == 403

    ben.post(f"/errands/{task.pk}/accept/")
    task.refresh_from_db()
    assert (task.doer, task.status) == (people["ben"], Task.Status.ACCEPTED)
    pay(task)
    assert "The chat is open" in ben.get(task.get_absolute_url()).content.decode()
    assert "₱2 System Fee Paid! 💳" in ana.get("/notifications/").content.decode()
    ana.post("/notifications/")
    assert not Notification.objects.filter(user=people["ana"], read=False).exists()


def test_a_task_is_accepted_once_and_never_by_its_poster(people: dict[str, User]) -> None:
    task = Task.objects.get(title="Queue for two concert tickets")
    for name in ("ana", "ben", "carla"):
        logged_in(people[name]).post(f"/errands/{task.pk}/accept/")
    task.refresh_from_db()
    assert task.doer == people["ben"]
    assert SystemCommission.objects.filter(task=task).count() == 1


@pytest.mark.parametrize("price", ["", "0", "-5", "1.005", "many", "99999999"])
def test_a_crooked_price_is_refused(people: dict[str, User], price: str) -> None:
    answer = logged_in(people["ana"]).post("/errands/new/", {"title": "Odd", "price": price})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Task.objects.filter(title="Odd").exists()


def test_seeding_again_adds_nothing(people: dict[str, User]) -> None:
    from raseed_shops.front.demo_data import TASKS, seed_errands, seed_people

    seed_errands(seed_people())
    assert Task.objects.count() == len(TASKS)
    assert User.objects.count() == len(people)
