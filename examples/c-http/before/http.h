#ifndef HTTP_H
#define HTTP_H

struct request {
    char method[8];
    char path[256];
    char body[1024];
};

/* Answers one request after another on a port, and never returns. */
void serve(int port, void (*answer)(int client, const struct request *request));

void reply(int client, const char *status, const char *type, const char *body);

#endif
