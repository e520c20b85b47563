;;; Uses examples/emacs as its user would and prints one JSON object with what was seen.  -*- lexical-binding: t -*-
(require 'dev-server-port)
(require 'json)
(setq dev-server-port-worker (list (getenv "NODE") (getenv "WORKER") "--stdio" "--provider" "ledger"))

(defun wait-until (condition)
  (while (not (funcall condition)) (accept-process-output nil 0.005)))

(defun seen-of (work)
  "What WORK says, or the error that it ends with."
  (condition-case failure
      `((said . ,(funcall work)))
    (user-error `((refused . ,(cadr failure))))))

(defun output-of (&rest command)
  "What COMMAND prints."
  (with-temp-buffer
    (apply #'call-process (car command) nil t nil (cdr command))
    (buffer-string)))

(defun others (port)
  "What another worker is told that wants the port."
  (output-of (getenv "NODE") (getenv "TAKE") (number-to-string port)))

(let* ((first (seen-of #'dev-server-port))
       (port (string-to-number (getenv "PORT")))
       (again (seen-of #'dev-server-port))
       (others (others port))
       (listed (json-parse-string (output-of (getenv "NODE") (getenv "LIST")) :object-type 'alist))
       (taken (seen-of (lambda () (dev-server-port (string-to-number (getenv "TAKEN"))))))
       (wrong (seen-of (lambda () (dev-server-port 70000))))
       server others-after)
  ;; The server listens on $PORT, and ends.
  (async-shell-command (getenv "SERVE") "*dev server*")
  (with-current-buffer "*dev server*"
    (wait-until (lambda () (string-match "^listening on [0-9]+$" (buffer-string))))
    (setq server (match-string 0 (buffer-string)))
    (let ((process (get-buffer-process (current-buffer))))
      (interrupt-process process)
      (wait-until (lambda () (not (process-live-p process))))))
  (setq others-after (others port))
  ;; The worker dies, and the next command starts another.
  (signal-process (jsonrpc--process dev-server-port--connection) 'SIGKILL)
  (wait-until (lambda () (not (jsonrpc-running-p dev-server-port--connection))))
  (princ (json-encode `((first . ,first) (port . ,port) (again . ,again) (others . ,others)
                        (listed . ,(alist-get 'reservations listed)) (taken . ,taken) (wrong . ,wrong)
                        (server . ,server) (othersAfter . ,others-after) (revived . ,(seen-of #'dev-server-port))))))
