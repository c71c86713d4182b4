"""URLs of a site that forgot Raseed's."""

urlpatterns = []
