import com.google.gson.JsonObject;
import java.io.*;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.Consumer;
import org.eclipse.lsp4j.jsonrpc.*;
import org.eclipse.lsp4j.jsonrpc.services.*;

/** A client of PortReservation on LSP4J: joins who serves, or starts a worker. Copy it without main; add methods and fields you need. */
public class Client implements AutoCloseable {
  /** The contract's words stay texts: of a Java enum LSP4J would write the number. */
  public static class Reservation { public String protocol, token, name; public Range range; }
  public static class Range { public int startPort, numberOfPorts; }
  public static class Reservations { public List<Reservation> reservations; }
  public static class Change { public List<Reservation> added, removed; }

  public interface Service {
    @JsonRequest("initialize") CompletableFuture<Object> initialize(Map<String, Object> params);
    @JsonRequest("reservation/create") CompletableFuture<Reservations> create(Map<String, Object> params);
    @JsonRequest("reservation/list") CompletableFuture<Reservations> list(Map<String, Object> params);
    @JsonRequest("reservation/release") CompletableFuture<Object> release(Map<String, Object> params);
  }
  public record Watch(Consumer<Change> told) {
    @JsonNotification("reservation/changed") public void changed(Change change) { told.accept(change); }
  }

  public final Service service;
  /** Fails when nobody serves any more: what was reserved is free then. */
  public final CompletableFuture<Object> gone = new CompletableFuture<>();
  private final Closeable line;

  /** Joins the address, or else starts a worker. */
  public Client(Consumer<Change> watch) throws IOException {
    SocketChannel channel = join();
    var start = new ProcessBuilder("portreservation", "serve", "--stdio").redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = channel != null ? null : start.start();
    InputStream from = channel != null ? Channels.newInputStream(channel) : process.getInputStream();
    OutputStream to = channel == null ? process.getOutputStream() : new OutputStream() { // Channels has one that waits for readers
      @Override public void write(int one) throws IOException { write(new byte[] {(byte) one}); }
      @Override public void write(byte[] bytes, int offset, int length) throws IOException {
        for (var left = ByteBuffer.wrap(bytes, offset, length); left.hasRemaining(); ) channel.write(left);
      }
    };
    line = channel != null ? channel::shutdownOutput : to;
    ThreadFactory daemons = work -> new Thread(work) { { setDaemon(true); } }; // others keep the program from ending
    Launcher<Service> launcher = new Launcher.Builder<Service>().setRemoteInterface(Service.class).setLocalService(new Watch(watch))
        .setInput(from).setOutput(to).setExecutorService(Executors.newCachedThreadPool(daemons)).create();
    service = launcher.getRemoteProxy();
    var listening = launcher.startListening();
    daemons.newThread(() -> { // LSP4J fails no call when the stream ends, or breaks
      try { listening.get(); } catch (Exception broken) {}
      gone.completeExceptionally(new EOFException("the stream has ended"));
    }).start();
    var capabilities = Map.of("reservationChanged", true);
    call(service.initialize(Map.of("protocolVersion", 1, "processId", ProcessHandle.current().pid(), "capabilities", capabilities)));
  }

  /** Waits for an answer; a ResponseErrorException is a refusal. */
  @SuppressWarnings("unchecked") public <T> T call(CompletableFuture<T> answer) throws IOException {
    try {
      return (T) CompletableFuture.anyOf(answer, gone).join();
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof ResponseErrorException refusal) throw refusal;
      throw new IOException("nobody serves any more", failure.getCause());
    }
  }

  /** The name in the catalogue of what the service refused; null for a fault of the request itself. */
  public static String nameOf(ResponseErrorException refusal) {
    return refusal.getResponseError().getData() instanceof JsonObject data && data.has("name") ? data.get("name").getAsString() : null;
  }

  @Override public void close() throws IOException { line.close(); } // frees what is held

  private static SocketChannel join() {
    String address = System.getenv().getOrDefault("PORT_RESERVATION_ADDRESS", "");
    try { return SocketChannel.open(UnixDomainSocketAddress.of(address)); }
    catch (IOException | RuntimeException nobodyThere) { return null; }
  }

  public static void main(String[] words) throws Exception {
    var told = new CompletableFuture<Object>();
    Consumer<Change> watch = change -> { if (change.added.stream().anyMatch(one -> "démo".equals(one.name))) told.complete(change); };
    try (Client ports = new Client(watch)) {
      var made = ports.call(ports.service.create(Map.of("protocol", "tcp", "numberOfPorts", 2, "name", "démo")));
      Range range = made.reservations.get(0).range;
      System.out.println("reserved " + range.startPort);
      CompletableFuture.anyOf(told, ports.gone).thenRun(() -> System.out.println("told " + range.startPort)).join();
      System.out.println("listed " + ports.call(ports.service.list(Map.of("name", "démo"))).reservations.get(0).range.startPort);
      try { ports.call(ports.service.create(Map.of("protocol", "tcp", "startPort", range.startPort))); }
      catch (ResponseErrorException refusal) { System.out.println("refused " + nameOf(refusal)); }
      ports.call(ports.service.release(Map.of("protocol", "tcp", "range", range)));
      System.out.println("released");
      if (System.getenv("STAY") != null) System.out.println(ports.gone.handle((answer, end) -> "gone").join());
    }
  }
}
