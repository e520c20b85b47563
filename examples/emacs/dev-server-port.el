;;; dev-server-port.el --- Which port can this project's dev server have?  -*- lexical-binding: t -*-

;; Package-Requires: ((emacs "28.1"))

;;; Commentary:

;; M-x dev-server-port      reserves one for the project, the same each time if it is free, and sets $PORT
;; C-u M-x dev-server-port  asks for the port; when it cannot be had, says why and what to do
;;
;; Start the server as always, on $PORT: the reservation yields to it, and is free when Emacs ends.

;;; Code:

(require 'jsonrpc)
(require 'project)
(require 'subr-x)

(defvar dev-server-port-worker '("portreservation" "serve" "--stdio")
  "The program that reserves ports, and its arguments.")

(defvar dev-server-port--connection nil)
(defvar dev-server-port--reservation nil)

(defun dev-server-port--connect ()
  "The conversation with the worker, which is started where there is none."
  (unless (and dev-server-port--connection (jsonrpc-running-p dev-server-port--connection))
    (setq dev-server-port--reservation nil
          dev-server-port--connection
          (jsonrpc-process-connection
           :name "dev-server-port"
           :process (lambda ()
                      (make-process :name "dev-server-port" :command dev-server-port-worker :connection-type 'pipe
                                    :coding 'utf-8-emacs-unix :noquery t
                                    :stderr (get-buffer-create " *dev-server-port log*")))))
    (jsonrpc-request dev-server-port--connection 'initialize
                     `(:protocolVersion 1 :processId ,(emacs-pid) :clientInfo (:name "emacs"))))
  dev-server-port--connection)

(defun dev-server-port--request (method &rest params)
  "The worker's answer to METHOD with PARAMS."
  (jsonrpc-request (dev-server-port--connect) method params :timeout 60))

(defun dev-server-port--describe (failure)
  "What the worker said of FAILURE, a `jsonrpc-error'."
  (let ((facts (cddr failure)))
    (string-join (delq nil (list (alist-get 'jsonrpc-error-message facts)
                                 (plist-get (alist-get 'jsonrpc-error-data facts) :hint)))
                 " ")))

(defun dev-server-port--folder ()
  "The folder of the project."
  (let ((project (project-current)))
    (directory-file-name (expand-file-name (if project (project-root project) default-directory)))))

(defun dev-server-port--usual (folder)
  "The port of FOLDER, always the same.
It is above the well-known ports and below those that systems hand out."
  (+ 10000 (mod (string-to-number (substring (secure-hash 'sha256 folder) 0 7) 16) 20000)))

(defun dev-server-port--take (port)
  "Reserve PORT, or any where it is nil, instead of what is reserved."
  (let* ((folder (dev-server-port--folder))
         (name (replace-regexp-in-string "[][*?`[:cntrl:]]" "_" (file-name-nondirectory folder)))
         (created (apply #'dev-server-port--request 'reservation/create
                         :protocol "tcp" :hold "yield" :name name :reason (concat "dev server of " folder)
                         (and port (list :startPort port)))))
    (when dev-server-port--reservation
      (dev-server-port--request 'reservation/release :token (plist-get dev-server-port--reservation :token)))
    (setq dev-server-port--reservation (aref (plist-get created :reservations) 0))
    (setenv "PORT" (number-to-string (dev-server-port--number)))
    (message "The dev server of %s can have port %s, now $PORT." name (getenv "PORT"))))

(defun dev-server-port--number ()
  "The port that is reserved."
  (plist-get (plist-get dev-server-port--reservation :range) :startPort))

(defun dev-server-port--explain (port failure)
  "Say why PORT cannot be had, and what to do.
Where nothing stands in its way, FAILURE says more."
  (let ((status (aref (plist-get (dev-server-port--request 'port/inspect
                                                           :protocol "tcp"
                                                           :ranges (vector (list :startPort port :numberOfPorts 1)))
                                 :ports)
                      0)))
    (if (eq (plist-get status :canBind) t)
        (dev-server-port--describe failure)
      (concat (format "Port %d cannot be had. " port)
              (plist-get status :explanation)
              (when-let ((remedy (plist-get status :remedy)))
                (concat " Remedy: " (or (plist-get remedy :run) (plist-get remedy :sentence))))))))

;;;###autoload
(defun dev-server-port (&optional port)
  "Reserve PORT for the project's dev server, by default its usual one."
  (interactive (list (and current-prefix-arg (read-number "Port: "))))
  (dev-server-port--connect)
  (condition-case failure
      (cond ((and dev-server-port--reservation (memq port (list nil (dev-server-port--number))))
             (message "The dev server has port %s." (dev-server-port--number)))
            (port (condition-case refusal
                      (dev-server-port--take port)
                    (jsonrpc-error (user-error "%s" (dev-server-port--explain port refusal)))))
            (t (condition-case nil
                   (dev-server-port--take (dev-server-port--usual (dev-server-port--folder)))
                 (jsonrpc-error (dev-server-port--take nil)))))
    (jsonrpc-error (user-error "%s" (dev-server-port--describe failure)))))

(provide 'dev-server-port)
;;; dev-server-port.el ends here
