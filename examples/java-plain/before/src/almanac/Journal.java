package almanac;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** One line of text for each sowing, in a file that only grows. */
final class Journal {
    private final Path file;

    Journal(Path directory) throws IOException {
        Files.createDirectories(directory);
        file = directory.resolve("sowings.txt");
    }

    synchronized List<String> lines() throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    synchronized void add(String line) throws IOException {
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
