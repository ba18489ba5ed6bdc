package almanac;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** GET lists the sowings, POST adds the one line of its body. */
final class SowingsHandler implements HttpHandler {
    private final Journal journal;

    SowingsHandler(Journal journal) {
        this.journal = journal;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestMethod()) {
            case "GET" -> Answers.text(exchange, 200, String.join("\n", journal.lines()));
            case "POST" -> add(exchange);
            default -> Answers.text(exchange, 405, "GET or POST");
        }
    }

    private void add(HttpExchange exchange) throws IOException {
        String line = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (line.isEmpty() || line.contains("\n")) {
            Answers.text(exchange, 400, "One line, please");
            return;
        }
        journal.add(line);
        Answers.text(exchange, 201, line);
    }
}
