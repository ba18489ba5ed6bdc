package almanac;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** A gardener's diary: what was sown, and when. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
        Settings settings = Settings.load("config/almanac.properties");
        Journal journal = new Journal(settings.directory());

        HttpServer server = HttpServer.create(new InetSocketAddress(settings.port()), 0);
        server.createContext("/health", exchange -> Answers.text(exchange, 200, "UP"));
        server.createContext("/sowings", new SowingsHandler(journal));
        server.createContext("/", exchange -> {
            int status = exchange.getRequestURI().getPath().equals("/") ? 200 : 404;
            Answers.text(exchange, status, status == 200 ? settings.title() : "Nothing grows here");
        });
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println(settings.title() + " on port " + settings.port());
    }
}
