"""The thing that is paid for, by its key: what the site's own manager gives, for a third of the work."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from raseed.payments.flows.columns import by_key
from tests.bookshop.models import Book, Painting, Poster, Ticket

pytestmark = pytest.mark.django_db


def test_a_row_of_every_kind_of_column():
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    made = Ticket.objects.create(order=7, extras={"seats": ["A1", "A2"]}, at=at)
    found = by_key(Ticket, str(made.pk))
    assert (type(found), found, found.pk) == (Ticket, made, made.pk)
    assert (found.order, found.extras, found.at) == (7, {"seats": ["A1", "A2"]}, at)
    assert not found.get_deferred_fields()
    found.order = 8
    found.save()  # it is known to be there: an update
    assert Ticket.objects.get().order == 8


@pytest.mark.parametrize(
    ("model", "key"), [(Book, "999999"), (Ticket, "6f1cf1e5-9b1c-4a6e-8d0e-1d2f6c1f7a10")]
)
def test_a_row_that_is_gone(model, key):
    with pytest.raises(model.DoesNotExist):
        by_key(model, key)


@pytest.mark.parametrize(("model", "key"), [(Book, "seven"), (Ticket, "seven")])
def test_a_key_that_cannot_be_one_is_the_orms_to_refuse(model, key):
    with pytest.raises(Exception) as ours:  # noqa: PT011 whatever the ORM says
        by_key(model, key)
    with pytest.raises(type(ours.value)):
        model._default_manager.get(pk=key)


def test_a_manager_of_the_sites_own_is_asked():
    shown, sold = Painting.objects.create(), Painting.objects.create(is_sold=True)
    assert by_key(Painting, str(shown.pk)) == shown
    with pytest.raises(Painting.DoesNotExist):
        by_key(Painting, str(sold.pk))
    person = User.objects.create(username="ana")
    assert by_key(User, str(person.pk)) == person


def test_a_column_that_is_not_selected_as_it_is_is_the_orms_to_select():
    assert by_key(Poster, str(Poster.objects.create(text="sale").pk)).text == "SALE"


class ToTheDefault:
    """A router, as a site with several databases has one."""

    def db_for_read(self, model, **hints):
        asked.append(model)


asked = []


def test_a_site_that_routes_its_models_is_asked(settings):
    book = Book.objects.create(title="Emma")
    settings.DATABASE_ROUTERS = [f"{__name__}.ToTheDefault"]
    assert by_key(Book, str(book.pk)) == book
    assert asked == [Book]


def test_it_costs_one_statement():
    book = Book.objects.create(title="Emma")
    with CaptureQueriesContext(connection) as captured:
        assert by_key(Book, str(book.pk)) == book
    assert len(captured) == 1
