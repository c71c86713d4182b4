"""A small shop to test with."""

import uuid

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


class Ticket(models.Model):
    """Something whose key is no number, and whose columns have names that SQL has as well."""

    code = models.UUIDField(primary_key=True, default=uuid.uuid4, db_column="select")
    order = models.IntegerField(default=1)
    extras = models.JSONField(default=dict)
    at = models.DateTimeField(null=True)

    def __str__(self):
        return str(self.code)


class ForSale(models.Manager):
    """Leaves out what is sold."""

    def get_queryset(self):
        return super().get_queryset().filter(is_sold=False)


class Painting(models.Model):
    """Something that a manager of the shop's own may hide."""

    is_sold = models.BooleanField(default=False)

    objects = ForSale()

    def __str__(self):
        return f"painting {self.pk}"


class Shouted(models.CharField):
    """Is read otherwise than it is kept, as geometries are."""

    def select_format(self, compiler, sql, params):
        return f"UPPER({sql})", params


class Poster(models.Model):
    """Something with such a column."""

    text = Shouted(max_length=20)

    def __str__(self):
        return self.text


class Basket(models.Model):
    """Something that exists before the payment, and may not change while it is being paid for."""

    minor = models.IntegerField(default=20000)
    state = models.CharField(max_length=10, default="active")
    promo = models.ForeignKey(Promo, null=True, blank=True, on_delete=models.PROTECT)

    def __str__(self):
        return f"basket {self.pk}"
