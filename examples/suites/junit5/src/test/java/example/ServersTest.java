package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import example.Ports.Port;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Ports.class)
class ServersTest {
  @RepeatedTest(24)
  void serverHasItsPort(@Port int port) throws IOException {
    try (ServerSocket server = new ServerSocket(port); Socket client = new Socket("localhost", port)) {
      assertEquals(port, client.getPort());
    }
    // For who runs two suites at once: which ports were given.
    String log = System.getenv("PORTS_LOG");
    if (log != null) {
      Files.writeString(Path.of(log), port + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
