import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** A client of PortReservation on Gson: joins who serves, or starts a worker. Copy it, without main. */
public class Client implements AutoCloseable {
  /** What the service refused: the name is of the catalogue. */
  public static class Refusal extends RuntimeException {
    public final String name;

    Refusal(JsonObject error) {
      super(error.get("message").getAsString());
      JsonObject data = error.getAsJsonObject("data");
      name = data != null && data.has("name") ? data.get("name").getAsString() : null;
    }
  }

  private static final Gson gson = new Gson();
  private final Map<Integer, CompletableFuture<JsonElement>> waiting = new ConcurrentHashMap<>();
  private final InputStream from;
  private final OutputStream to;
  private final Consumer<JsonObject> watch;
  private int lastId;

  /** Ends when nobody serves any more: what was reserved is free then, and calls under way have failed. */
  public final CompletableFuture<Void> gone = new CompletableFuture<>();

  private Client(InputStream from, OutputStream to, Consumer<JsonObject> watch) {
    this.from = from;
    this.to = to;
    this.watch = watch;
    Thread reader = new Thread(this::read, "portreservation");
    reader.setDaemon(true);
    reader.start();
  }

  /** Joins the address, or else starts the command. */
  public static Client open(List<String> command, Consumer<JsonObject> watch) throws IOException {
    Client client = join(command, watch);
    client.call("initialize", Map.of("protocolVersion", 1, "processId", ProcessHandle.current().pid(),
        "capabilities", Map.of("reservationChanged", watch != null)));
    return client;
  }

  private static Client join(List<String> command, Consumer<JsonObject> watch) throws IOException {
    String address = System.getenv("PORT_RESERVATION_ADDRESS");
    if (address != null) {
      try {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(address));
        return new Client(Channels.newInputStream(channel), outputOf(channel), watch);
      } catch (IOException nobodyThere) {
        // A worker of one's own does as well.
      }
    }
    Process worker = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new Client(worker.getInputStream(), worker.getOutputStream(), watch);
  }

  /** Not the one of Channels: before JDK 19 that waits while anybody reads. */
  private static OutputStream outputOf(SocketChannel channel) {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        for (ByteBuffer left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) channel.write(left);
      }

      @Override
      public void close() throws IOException {
        channel.shutdownOutput();
      }
    };
  }

  /** Calls a method and waits. @throws Refusal what the service refused */
  public JsonObject call(String method, Object params) throws IOException {
    CompletableFuture<JsonElement> answer = new CompletableFuture<>();
    synchronized (to) {
      waiting.put(++lastId, answer);
      byte[] body = gson.toJson(Map.of("jsonrpc", "2.0", "id", lastId, "method", method, "params", params))
          .getBytes(StandardCharsets.UTF_8);
      to.write(("Content-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      to.write(body);
      to.flush();
    }
    if (gone.isDone()) throw new IOException("nobody serves any more");
    try {
      JsonElement result = answer.join();
      return result.isJsonObject() ? result.getAsJsonObject() : null;
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof Refusal refusal) throw refusal;
      throw new IOException("nobody serves any more", failure.getCause());
    }
  }

  @Override
  public void close() throws IOException {
    to.close(); // the end of input frees what is held
  }

  private void read() {
    try {
      for (JsonObject message = next(); message != null; message = next()) {
        CompletableFuture<JsonElement> answer = message.has("id") ? waiting.remove(message.get("id").getAsInt()) : null;
        if (answer == null) {
          if (watch != null && message.has("params")) watch.accept(message.getAsJsonObject("params"));
        } else if (message.has("error")) {
          answer.completeExceptionally(new Refusal(message.getAsJsonObject("error")));
        } else {
          answer.complete(message.get("result"));
        }
      }
    } catch (IOException ended) {
      // As the end of the stream.
    }
    gone.complete(null);
    waiting.values().forEach(answer -> answer.completeExceptionally(new IOException("the worker is gone")));
  }

  private JsonObject next() throws IOException {
    int length = 0;
    for (StringBuilder line = new StringBuilder(); ; ) {
      int one = from.read();
      if (one < 0) return null;
      if (one != '\n') {
        line.append((char) one);
        continue;
      }
      String text = line.toString().trim();
      if (text.isEmpty()) break;
      if (text.toLowerCase().startsWith("content-length:")) length = Integer.parseInt(text.substring(15).trim());
      line.setLength(0);
    }
    return gson.fromJson(new String(from.readNBytes(length), StandardCharsets.UTF_8), JsonObject.class);
  }

  public static void main(String[] words) throws Exception {
    String command = System.getenv().getOrDefault("PORTRESERVATION", "portreservation serve --stdio");
    CompletableFuture<Void> told = new CompletableFuture<>();
    try (Client ports = open(List.of(command.split(" ")), change -> {
      for (JsonElement one : change.getAsJsonArray("added")) {
        JsonElement name = one.getAsJsonObject().get("name");
        if (name != null && name.getAsString().equals("demo")) told.complete(null);
      }
    })) {
      JsonObject made = ports.call("reservation/create", Map.of("protocol", "tcp", "numberOfPorts", 2, "name", "demo"));
      JsonObject range = made.getAsJsonArray("reservations").get(0).getAsJsonObject().getAsJsonObject("range");
      int first = range.get("startPort").getAsInt();
      System.out.println("reserved " + first);
      told.join();
      System.out.println("told " + first);
      JsonArray listed = ports.call("reservation/list", Map.of("name", "demo")).getAsJsonArray("reservations");
      System.out.println("listed " + listed.size());
      try {
        ports.call("reservation/create", Map.of("protocol", "tcp", "startPort", first));
      } catch (Refusal refusal) {
        System.out.println("refused " + refusal.name);
      }
      ports.call("reservation/release", Map.of("protocol", "tcp", "range", range));
      System.out.println("released");
      if (System.getenv("STAY") != null) {
        ports.gone.join();
        System.out.println("gone");
      }
    }
  }
}
