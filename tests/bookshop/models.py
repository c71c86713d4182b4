"""A small shop to test with."""

from django.db import models


class Book(models.Model):
    """Something to pay for; `given` counts how often it was given."""

    title = models.CharField(max_length=50)
    price_minor = models.IntegerField(default=20000)
    given = models.IntegerField(default=0)
    revoked = models.IntegerField(default=0)
    note = models.TextField(default="", blank=True)

    def __str__(self):
        return self.title


class Parcel(models.Model):
    """Something that paying creates."""

    book = models.ForeignKey(Book, null=True, on_delete=models.CASCADE)
    basket = models.ForeignKey("Basket", null=True, on_delete=models.CASCADE)

    def __str__(self):
        return f"parcel of {self.book or self.basket}"


class Promo(models.Model):
    """A code that makes baskets cheaper, a limited number of times."""

    code = models.CharField(max_length=20, unique=True)
    off_minor = models.IntegerField(default=5000)
    limit = models.IntegerField(default=1)
    used = models.IntegerField(default=0)

    def __str__(self):
        return self.code


class Basket(models.Model):
    """Something that exists before the payment, and may not change while it is being paid for."""

    minor = models.IntegerField(default=20000)
    state = models.CharField(max_length=10, default="active")
    promo = models.ForeignKey(Promo, null=True, blank=True, on_delete=models.PROTECT)

    def __str__(self):
        return f"basket {self.pk}"
