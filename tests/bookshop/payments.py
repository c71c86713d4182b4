"""The purposes of the test shop."""

from django.db.models import F

import raseed
from tests.bookshop.models import Book, Parcel


class BuyBook(raseed.Purpose):
    """Paying gives the book: `given` grows by one and a parcel is created."""

    payable = Book
    #: Tests set this to make the shop's code raise this many times.
    failures = 0

    def price(self, book):
        return raseed.Money(book.price_minor, "PHP")

    def may_pay(self, user, book):
        return True

    def may_see(self, user, book):
        return bool(user and user.is_authenticated)

    def fulfil(self, book, payment):
        parcel = Parcel.objects.create(book=book)
        Book.objects.filter(pk=book.pk).update(given=F("given") + 1)
        if type(self).failures > 0:
            type(self).failures -= 1
            raise RuntimeError("the shop's own mistake")
        return parcel

    def revoke(self, book, payment, refund):
        Book.objects.filter(pk=book.pk).update(revoked=F("revoked") + 1)


class GiveBook(BuyBook):
    """The same book for another purpose; policies are lenient."""

    late = "fulfil"
    over = "refund"
    under = "refund"
    double = "refund"
