from django.urls import path

from journal import views

urlpatterns = [
    path("", views.entry_list, name="entry-list"),
    path("api/entries/", views.entries, name="entries"),
]
