"""The purposes of the test shop."""

from django.db.models import F

import raseed
from raseed.core.errors import RefusedStart
from tests.bookshop.models import Basket, Book, Parcel, Promo


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


class BuyBookInRupees(BuyBook):
    """The same where books cost rupees; the checkout is open for half an hour."""

    open_for_seconds = 1800

    def price(self, book):
        return raseed.Money(book.price_minor, "INR")


class BuyBookInPounds(BuyBook):
    """The same in Egypt, where a kiosk may be paid days later."""

    open_for_seconds = 5 * 24 * 3600

    def price(self, book):
        return raseed.Money(book.price_minor, "EGP")


class BuyBookInRials(BuyBook):
    """The same in Oman, whose money has three decimals."""

    def price(self, book):
        return raseed.Money(book.price_minor, "OMR")


class GiveBook(BuyBook):
    """The same book for another purpose; policies are lenient."""

    late = "fulfil"
    over = "refund"
    under = "refund"
    double = "refund"


class FillBasket(raseed.Purpose):
    """Paying fills the wallet that belongs to the basket; nothing else is given."""

    payable = Basket

    def price(self, basket):
        return raseed.Money(basket.minor, "PHP")

    def may_pay(self, user, basket):
        return True

    def credits(self, basket):
        return basket


class BuyBasket(raseed.Purpose):
    """A basket is frozen while it is being paid for, and becomes one parcel."""

    payable = Basket
    late = "fulfil"
    #: Tests set these to make the shop's code raise this many times.
    failures = 0
    failing_releases = 0

    def price(self, basket):
        off = basket.promo.off_minor if basket.promo else 0
        return raseed.Money(basket.minor - off, "PHP")

    def may_pay(self, user, basket):
        return True

    def reserve(self, basket, payment):
        if basket.state != "active":
            raise RefusedStart("this basket is being paid for already.")
        if basket.promo:
            promo = Promo.objects.filter(pk=basket.promo_id, used__lt=F("limit"))
            if not promo.update(used=F("used") + 1):
                raise RefusedStart("this code is used up.")
        basket.state = "frozen"
        basket.save(update_fields=["state"])

    def release(self, basket, payment):
        if type(self).failing_releases > 0:
            type(self).failing_releases -= 1
            raise RuntimeError("the shop's own mistake")
        Promo.objects.filter(pk=basket.promo_id).update(used=F("used") - 1)
        basket.state = "active"
        basket.save(update_fields=["state"])

    def fulfil(self, basket, payment):
        basket.state = "converted"
        basket.save(update_fields=["state"])
        if type(self).failures > 0:
            type(self).failures -= 1
            raise RuntimeError("the shop's own mistake")
        return Parcel.objects.create(basket=basket)
