import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import ports.Converter;

/** Reads documents into the generated types and writes them again: lines of a type, a tab and JSON. */
class Round {
  public static void main(String[] words) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] parts = line.split("\t");
      Object value = Converter.class.getMethod(parts[0] + "FromJsonString", String.class).invoke(null, parts[1]);
      out.println(Converter.class.getMethod(parts[0] + "ToJsonString", value.getClass()).invoke(null, value));
    }
  }
}
