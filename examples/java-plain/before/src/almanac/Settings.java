package almanac;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The settings file, with the port from the environment where that is set. */
record Settings(String title, int port, Path directory) {
    static Settings load(String file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            properties.load(reader);
        }
        String port = System.getenv().getOrDefault("PORT", properties.getProperty("port"));
        return new Settings(
                properties.getProperty("title"),
                Integer.parseInt(port),
                Path.of(properties.getProperty("directory")));
    }
}
