#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

static int listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = INADDR_ANY };
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4)) {
        perror("listen");
        exit(1);
    }
    return listener;
}

static size_t length_of_body(const char *head)
{
    const char *line = strcasestr(head, "\ncontent-length:");
    return line ? strtoul(line + 16, NULL, 10) : 0;
}

static int read_request(int client, struct request *request)
{
    char text[4096];
    size_t length = 0;
    const char *body = NULL;
    while (length + 1 < sizeof text) {
        ssize_t got = read(client, text + length, sizeof text - 1 - length);
        if (got <= 0)
            break;
        length += got;
        text[length] = 0;
        body = strstr(text, "\r\n\r\n");
        if (body && strlen(body + 4) >= length_of_body(text))
            break;
    }
    text[length] = 0;
    snprintf(request->body, sizeof request->body, "%.1023s", body ? body + 4 : "");
    return sscanf(text, "%7s %255s", request->method, request->path) == 2;
}

void reply(int client, const char *status, const char *type, const char *body)
{
    dprintf(client, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
            status, type, strlen(body), body);
}

void serve(int port, void (*answer)(int client, const struct request *request))
{
    int listener = listen_on(port);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        struct request request;
        if (client < 0)
            continue;
        if (read_request(client, &request))
            answer(client, &request);
        close(client);
    }
}
