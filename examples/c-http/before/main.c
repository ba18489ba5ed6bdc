#include <stdio.h>
#include <string.h>

#include "http.h"
#include "tides.h"

static void send_page(int client, const char *path)
{
    char page[4096];
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(page, 1, sizeof page - 1, file) : 0;
    page[length] = 0;
    if (file)
        fclose(file);
    if (length)
        reply(client, "200 OK", "text/html", page);
    else
        reply(client, "500 Internal Server Error", "text/plain", "no page\n");
}

static void post_tide(int client, const char *text)
{
    if (!*text)
        reply(client, "400 Bad Request", "text/plain", "which tide?\n");
    else if (add_tide(text))
        reply(client, "201 Created", "text/plain", "noted\n");
    else
        reply(client, "500 Internal Server Error", "text/plain", "not noted\n");
}

static void answer(int client, const struct request *request)
{
    char list[8192];
    int is_post = !strcmp(request->method, "POST");
    if (!strcmp(request->path, "/health"))
        reply(client, "200 OK", "text/plain", "ok\n");
    else if (!strcmp(request->path, "/"))
        send_page(client, "pages/index.html");
    else if (!strcmp(request->path, "/tides") && is_post)
        post_tide(client, request->body);
    else if (!strcmp(request->path, "/tides") && list_tides(list, sizeof list))
        reply(client, "200 OK", "text/plain", list);
    else
        reply(client, "404 Not Found", "text/plain", "no such page\n");
}

int main(void)
{
    if (!open_tides("/data/tides.db")) {
        fprintf(stderr, "can't open /data/tides.db\n");
        return 1;
    }
    serve(8080, answer);
}
