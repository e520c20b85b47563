package example;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives each parameter {@code @Port int} a port that nobody else is given: portreservation exec -- mvn test */
public class Ports implements ParameterResolver {
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.PARAMETER)
  public @interface Port {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.isAnnotated(Port.class) && parameter.getParameter().getType() == int.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    String address = System.getenv("PORTSERVER_ADDRESS");
    if (address == null) throw new ParameterResolutionException("run portreservation exec -- mvn test");
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(address))) {
      // As portserver is asked: a process id, and a port comes back.
      channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(16);
      while (answer.position() == 0 || answer.get(answer.position() - 1) != '\n') {
        if (channel.read(answer) < 0) break;
      }
      int port = Integer.parseInt(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII).trim());
      if (port == 0) throw new ParameterResolutionException("no port is free");
      return port;
    } catch (IOException cause) {
      throw new ParameterResolutionException("nobody serves at " + address, cause);
    }
  }
}
