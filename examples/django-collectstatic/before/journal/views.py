import json

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from journal.models import Entry


@require_safe
def entry_list(request):
    return render(request, "journal/entry_list.html", {"entries": Entry.objects.all()})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def entries(request):
    if request.method == "GET":
        return JsonResponse({"entries": list(Entry.objects.values("id", "title", "text"))})
    try:
        payload = json.loads(request.body)
        entry = Entry.objects.create(title=payload["title"], text=payload.get("text", ""))
    except (KeyError, TypeError, ValueError):
        return JsonResponse({"error": "an entry needs a title"}, status=400)
    return JsonResponse({"id": entry.id, "title": entry.title, "text": entry.text}, status=201)
